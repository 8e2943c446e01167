add_executable(firewall_bench firewall_bench.cc)
target_link_libraries(firewall_bench PRIVATE gatehouse_firewall)
target_compile_definitions(firewall_bench PRIVATE GATEHOUSE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
