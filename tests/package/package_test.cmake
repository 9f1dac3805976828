# Run by CTest; see CMakeLists.txt beside it for the variables.
file(REMOVE_RECURSE ${WORK_DIR})
set(prefix ${WORK_DIR}/prefix)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed (${status}): ${command}\n${output}")
  endif()
endfunction()

set(flags -Wall -Wextra -Werror)
if(SANITIZE)
  list(APPEND flags -fsanitize=${SANITIZE})
endif()
list(JOIN flags " " flags)

run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})
run(${CMAKE_COMMAND} -G "${GENERATOR}" -S ${EXAMPLE_DIR} -B ${WORK_DIR}/build -DCMAKE_PREFIX_PATH=${prefix}
  -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_STANDARD=20 "-DCMAKE_CXX_FLAGS=${flags}")
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run(${WRITE_TINY_MODEL} ${WORK_DIR}/model)

# The library and the installed program give the same answers.
set(texts "a charming journey" "flat and dull")
list(JOIN texts "\n" lines)
file(WRITE ${WORK_DIR}/texts "${lines}\n")
execute_process(COMMAND ${WORK_DIR}/build/classify ${WORK_DIR}/model ${texts}
  OUTPUT_VARIABLE answers COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${prefix}/${BIN_DIR}/transkimmer predict --model ${WORK_DIR}/model --input ${WORK_DIR}/texts
  OUTPUT_VARIABLE expected COMMAND_ERROR_IS_FATAL ANY)
if(NOT answers MATCHES "^(negative|positive)\t[01][.0-9]*\n(negative|positive)\t[01][.0-9]*\n$")
  message(FATAL_ERROR "unexpected output of the example:\n${answers}")
endif()
string(REGEX MATCHALL "negative|positive" labels "${answers}")
string(REGEX MATCHALL "negative|positive" expected_labels "${expected}")
if(NOT labels STREQUAL expected_labels)
  message(FATAL_ERROR "the example says\n${answers}\nthe program says\n${expected}")
endif()

# An error reaches the example as an exception with a message, not as a crash.
execute_process(COMMAND ${WORK_DIR}/build/classify ${WORK_DIR}/no-such-model text
  RESULT_VARIABLE status ERROR_VARIABLE message)
if(NOT status EQUAL 1 OR NOT message MATCHES "classify: .*no-such-model")
  message(FATAL_ERROR "a missing model gave status ${status} and: ${message}")
endif()
