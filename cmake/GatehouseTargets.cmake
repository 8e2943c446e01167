# gatehouse_layer(NAME DEPENDS …): the library gatehouse_NAME of all .cc files below src/NAME.
function(gatehouse_layer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()
  if(sources)
    add_library(gatehouse_${name} STATIC ${sources})
    target_link_libraries(gatehouse_${name} PUBLIC gatehouse_options ${ARG_DEPENDS})
    if(GATEHOUSE_PROFILE AND CMAKE_CXX_COMPILER_ID STREQUAL Clang AND CMAKE_BUILD_TYPE STREQUAL RelWithDebInfo)
      # Relative, so that the compiler's cache serves every clone. Code that is newer than the profile, or
      # that its run did not reach, is compiled without it.
      file(RELATIVE_PATH profile ${CMAKE_BINARY_DIR} ${GATEHOUSE_PROFILE})
      target_compile_options(gatehouse_${name} PRIVATE -fprofile-use=${profile}
        -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled -Wno-backend-plugin)
      set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS ${GATEHOUSE_PROFILE})
    endif()
  else()
    add_library(gatehouse_${name} INTERFACE)
    target_link_libraries(gatehouse_${name} INTERFACE gatehouse_options ${ARG_DEPENDS})
  endif()
endfunction()

# All that `ctest -L unit` runs, for builds that want nothing else.
add_custom_target(unit_tests)

# gatehouse_unit_tests(NAME): the program unit_NAME of all *_test.cc below tests/unit/NAME,
# run as one test. Tests find the repository through GATEHOUSE_SOURCE_DIR.
function(gatehouse_unit_tests name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(unit_${name} ${sources})
  add_dependencies(unit_tests unit_${name})
  target_compile_definitions(unit_${name} PRIVATE GATEHOUSE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_include_directories(unit_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(unit_${name} PRIVATE gatehouse_${name} ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  add_test(NAME unit_${name} COMMAND unit_${name})
  set_tests_properties(unit_${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

# gatehouse_fuzz_target(NAME LIBS…): with GATEHOUSE_FUZZ a libFuzzer program, otherwise a program
# that replays the kept corpus tests/fuzz/corpus/NAME once, as a test.
function(gatehouse_fuzz_target name)
  if(NOT TARGET fuzz_targets)
    add_custom_target(fuzz_targets)
  endif()
  add_executable(fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/${name}_fuzz.cc)
  add_dependencies(fuzz_targets fuzz_${name})
  target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
  if(GATEHOUSE_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_dependencies(unit_tests fuzz_${name})
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME fuzz_corpus_${name} COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz_corpus_${name} PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()
