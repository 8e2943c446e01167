add_executable(net_proxy ${CMAKE_CURRENT_SOURCE_DIR}/net_proxy.cc)
target_link_libraries(net_proxy PRIVATE gatehouse_net)
