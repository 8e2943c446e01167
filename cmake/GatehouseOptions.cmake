# Compiler settings that every target of the project shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# CMake forgets it where a folder's compiler changes.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

option(GATEHOUSE_TESTS "Build tests and benchmarks" ON)
option(GATEHOUSE_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)
option(GATEHOUSE_COVERAGE "Instrument for lcov" OFF)
set(GATEHOUSE_SANITIZE "" CACHE STRING "Value of -fsanitize=, empty for none")
set(GATEHOUSE_PROFILE ${CMAKE_SOURCE_DIR}/profile/gatehouse.profdata CACHE FILEPATH
  "What clang optimises a release's layers by, empty for nothing (decision 0017)")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(gatehouse_options INTERFACE)
target_include_directories(gatehouse_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
# Frames of coroutines come from the plain operator new, which has a shorter way than aligned_alloc.
target_compile_definitions(gatehouse_options INTERFACE BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN)
target_compile_options(gatehouse_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(GATEHOUSE_SANITIZE)
  # -g1 gives reports their lines; full debug information makes some tests compile ten times slower.
  add_compile_options(-fsanitize=${GATEHOUSE_SANITIZE} -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${GATEHOUSE_SANITIZE})
  # g++ 12 reports paths that cannot be taken once the sanitizers have rewritten the code.
  target_compile_options(gatehouse_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-tsan>)
endif()
if(GATEHOUSE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(GATEHOUSE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
