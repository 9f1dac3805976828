# The shared library with the public classes, and everything `cmake --install` puts in place beside the programs.
include(CMakePackageConfigHelpers)

# The folders' static libraries stay inside: what they define is hidden, and only the objects that carry TRANSKIMMER_API
# are given to the linker directly, so that their symbols are exported.
add_library(transkimmer_library SHARED $<TARGET_OBJECTS:transkimmer_serving>)
add_library(transkimmer::transkimmer ALIAS transkimmer_library)
target_link_libraries(transkimmer_library PRIVATE transkimmer_serving)
target_link_options(transkimmer_library PRIVATE LINKER:--exclude-libs,ALL)
target_include_directories(transkimmer_library INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(transkimmer_library INTERFACE cxx_std_20)
# Before version 1 a minor release may change the interface, so it is part of the soname.
set_target_properties(transkimmer_library PROPERTIES
  OUTPUT_NAME transkimmer EXPORT_NAME transkimmer
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

install(TARGETS transkimmer_library EXPORT transkimmerTargets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/transkimmer
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(transkimmer_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/transkimmer)
install(EXPORT transkimmerTargets NAMESPACE transkimmer:: DESTINATION ${transkimmer_package_dir})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/transkimmerConfig.cmake.in ${PROJECT_BINARY_DIR}/transkimmerConfig.cmake
  INSTALL_DESTINATION ${transkimmer_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/transkimmerConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/transkimmerConfig.cmake ${PROJECT_BINARY_DIR}/transkimmerConfigVersion.cmake
  DESTINATION ${transkimmer_package_dir})
