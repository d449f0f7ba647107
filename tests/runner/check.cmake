# check.cmake: runs failing.c, built as PROGRAM with RUNNER, and checks that
# each test that fails is reported as failed, and no other.
cmake_minimum_required(VERSION 3.25)

set(passing checks init no_init signal)
set(failing
    abort
    assert
    assert_fail
    check_before_signal
    crash
    ends_with_assert
    exit_code
    expect
    expect_arr_eq
    expect_eq
    expect_fail
    expect_geq
    expect_gt
    expect_leq
    expect_lt
    expect_neq
    expect_not
    expect_not_null
    expect_null
    expect_str_eq
    goes_on_after_expect
    hangs
    in_init
    no_signal)

# run(PATTERN): sets `output`, `code`, and `failed`, the names of the tests that
# failed.
macro(run pattern)
    execute_process(
        COMMAND ${PROGRAM} --jobs 2 --filter ${pattern}
        OUTPUT_VARIABLE output
        ERROR_VARIABLE output
        RESULT_VARIABLE code)
    set(failed)
    string(REGEX MATCHALL "\\[(FAIL|CRASH)\\] [a-z_]+(::|/)[a-z_]+" lines
                 "${output}")
    foreach(line ${lines})
        string(REGEX REPLACE ".*[:/]" "" name ${line})
        list(APPEND failed ${name})
    endforeach()
    list(SORT failed)
endmacro()

# same(WHAT FOUND EXPECTED)
function(same what found expected)
    if(NOT found STREQUAL expected)
        message(FATAL_ERROR "${RUNNER}: ${what}: ${found}\n"
                            "expected: ${expected}\n${output}")
    endif()
endfunction()

# prints(TEXT EXPECTED): whether TEXT is in the output.
function(prints text expected)
    string(FIND "${output}" "${text}" place)
    if(place EQUAL -1)
        same("whether it prints '${text}'" FALSE ${expected})
    else()
        same("whether it prints '${text}'" TRUE ${expected})
    endif()
endfunction()

list(LENGTH passing passes)
list(LENGTH failing failures)
math(EXPR all "${passes} + ${failures}")

run("@(passing|failing)/*")
same("tests that fail" "${failed}" "${failing}")
same("exit code" ${code} 1)
prints("Tested: ${all} | Passing: ${passes} | Failing: ${failures}" TRUE)
prints("failing.c:" TRUE)
prints("2 < 1" TRUE)
prints("a message with text and 42" TRUE)
prints("second" TRUE)
prints("the last one" TRUE)
prints("never printed" FALSE)

run("passing/*")
same("tests that fail" "${failed}" "")
same("exit code" ${code} 0)
prints("Tested: ${passes} | Passing: ${passes} | Failing: 0" TRUE)

run("*ing/@(in_init|expect_*eq|none)")
same(
    "tests of a pattern" "${failed}"
    "expect_arr_eq;expect_eq;expect_geq;expect_leq;expect_neq;expect_str_eq;in_init"
)
run("failing/expect")
same("tests of a name" "${failed}" "expect")

# Here Criterion reports success.
if(RUNNER STREQUAL small_runner)
    run("leaving/*")
    same("tests that fail" "${failed}" "exit")
    run("nothing/*")
    same("exit code without a test" ${code} 1)
    prints("no test matches" TRUE)
endif()
