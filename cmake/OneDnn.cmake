# gatehouse_onednn: oneDNN as Debian builds it, on libgomp. Its CMake package wants OpenCL's headers,
# of which nothing here is used.
find_path(ONEDNN_INCLUDE dnnl.hpp REQUIRED)
find_library(ONEDNN_LIBRARY dnnl REQUIRED)
# By its full name: clang's linker does not look in gcc's folder.
find_library(GOMP_LIBRARY NAMES libgomp.so.1 REQUIRED)

add_library(gatehouse_onednn INTERFACE)
target_include_directories(gatehouse_onednn SYSTEM INTERFACE ${ONEDNN_INCLUDE})
target_link_libraries(gatehouse_onednn INTERFACE ${ONEDNN_LIBRARY} ${GOMP_LIBRARY})
