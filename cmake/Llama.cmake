# gatehouse_llama: the libraries that tools/build_llama built, as one target. They are compiled
# once and without sanitizers; every preset links the same files.
set(GATEHOUSE_LLAMA_BUILD ${CMAKE_SOURCE_DIR}/build/deps/llama)
set(GATEHOUSE_LLAMA_SOURCE ${CMAKE_SOURCE_DIR}/build/assets/llama.cpp)

set(archives
  ${GATEHOUSE_LLAMA_BUILD}/libllama_text.a
  ${GATEHOUSE_LLAMA_BUILD}/llama.cpp/src/libllama.a
  ${GATEHOUSE_LLAMA_BUILD}/llama.cpp/ggml/src/libggml.a
  ${GATEHOUSE_LLAMA_BUILD}/llama.cpp/ggml/src/libggml-cpu.a
  ${GATEHOUSE_LLAMA_BUILD}/llama.cpp/ggml/src/libggml-base.a)
foreach(archive ${archives})
  if(NOT EXISTS ${archive})
    message(FATAL_ERROR "${archive} is missing: run `make assets` first")
  endif()
endforeach()

add_library(gatehouse_llama INTERFACE)
target_include_directories(gatehouse_llama SYSTEM INTERFACE
  ${GATEHOUSE_LLAMA_SOURCE}/include
  ${GATEHOUSE_LLAMA_SOURCE}/ggml/include
  ${GATEHOUSE_LLAMA_SOURCE}/common)
target_link_libraries(gatehouse_llama INTERFACE
  "$<LINK_GROUP:RESCAN,${archives}>" Threads::Threads ${CMAKE_DL_LIBS})
