# What tools/test ends with, from the log of its steps and of `ctest -V`. Counts of doctest and unittest
# are summed; a test with neither, and a step, counts as one. Lines of tests that run side by side are told
# apart by their numbers, which each suite begins anew.

function number(word) {
  if (!match($0, word "[0-9]+")) return 0
  return substr($0, RSTART + length(word)) + 0
}
/^[0-9]+: /                  { test = $1 + 0 }
/\[doctest\] test cases:/ { match($0, /[0-9]+ passed/); split(substr($0, RSTART), p, " ")
                             match($0, /[0-9]+ failed/); split(substr($0, RSTART), f, " ")
                             passed += p[1]; failed += f[1]; bad[test] += f[1]; counted[test] = 1 }
/^[0-9]+: Ran [0-9]+ tests? in/ { ran[test] = $3; counted[test] = 1 }
/^[0-9]+: OK/               { passed += ran[test] - number("skipped=")
                              skipped += number("skipped=") }
/^[0-9]+: FAILED \(/       { wrong = number("failures=") + number("errors="); bad[test] += wrong
                              failed += wrong; skipped += number("skipped=")
                              passed += ran[test] - wrong - number("skipped=") }
/skipped: /                 { skipped++ }
/^[0-9]+: not steady: /     { unsteady[test] = $4 }
/^ *[0-9]+\/[0-9]+ Test +#/ { match($0, /#[0-9]+/)
                              test = substr($0, RSTART + 1, RLENGTH - 1) + 0
                              good = $0 ~ / Passed /
                              if (good && !counted[test]) passed++
                              if (!good && !bad[test]) failed++
                              if (good && test in unsteady) names = names (names ? " " : "") unsteady[test]
                              delete counted[test]; delete bad[test]; delete unsteady[test] }
/^step .*: passed$/         { passed++ }
/^step .*: FAILED$/         { failed++ }
END { if (names) print "not steady: " names
      printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }
