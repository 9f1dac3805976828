# How every target of the project is compiled, said once.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(TRANSKIMMER_CCACHE ccache)
if(TRANSKIMMER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TRANSKIMMER_CCACHE})
endif()

add_library(transkimmer_options INTERFACE)
target_include_directories(transkimmer_options INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_options(transkimmer_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 sees an overlap in std::string's "literal" + std::string&& that cannot happen (its bug 105651).
  target_compile_options(transkimmer_options INTERFACE -Wno-restrict)
endif()
if(TRANSKIMMER_WERROR)
  target_compile_options(transkimmer_options INTERFACE -Werror)
endif()
if(TRANSKIMMER_SANITIZE)
  # Global: every translation unit and every link of the tree needs it.
  add_compile_options(-fsanitize=${TRANSKIMMER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRANSKIMMER_SANITIZE})
endif()

# transkimmer_folder(<folder> SOURCES ... LINKS ...): the static library of one folder of src/.
function(transkimmer_folder folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_library(transkimmer_${folder} STATIC ${arg_SOURCES})
  target_link_libraries(transkimmer_${folder} PUBLIC transkimmer_options ${arg_LINKS})
endfunction()

# transkimmer_require_listed(<directory> [EXCEPT regex]): stops where a source below the directory is in none of its targets,
# as a test that nobody builds would pass for ever. The directory is below the one that asks.
function(transkimmer_require_listed directory)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXCEPT" "")
  get_property(targets DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/${directory} PROPERTY BUILDSYSTEM_TARGETS)
  set(listed)
  foreach(target ${targets})
    get_target_property(sources ${target} SOURCES)
    if(sources)
      list(APPEND listed ${sources})
    endif()
  endforeach()
  file(GLOB_RECURSE found RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/${directory} ${CMAKE_CURRENT_SOURCE_DIR}/${directory}/*.cc)
  foreach(source ${found})
    if(NOT source IN_LIST listed AND NOT (arg_EXCEPT AND source MATCHES "${arg_EXCEPT}"))
      message(FATAL_ERROR "${directory}/${source} is in no list of ${directory}/CMakeLists.txt")
    endif()
  endforeach()
endfunction()

# transkimmer_test(<name> SOURCES ... LINKS ...): one GoogleTest program, each case known to CTest.
function(transkimmer_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE TRANSKIMMER_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 600)
endfunction()

# transkimmer_fuzzer(<name> LINKS ...): the libFuzzer program of fuzz/<name>.cc, where that is there. The preset `fuzz`
# instruments everything it links. All of them together are the target `fuzzers`.
function(transkimmer_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS")
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "TRANSKIMMER_FUZZERS needs clang (cmake --preset fuzz)")
  endif()
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.cc)
    return()
  endif()
  add_executable(${name} ${name}.cc)
  target_link_libraries(${name} PRIVATE ${arg_LINKS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)
  endif()
  add_dependencies(fuzzers ${name})
endfunction()
