Feature: A green go test is not enough
  "go test" exits 0 where it has tested nothing. The gate lists the tests that
  there are, and compares them with what ran.

  Background:
    Given a service whose commit stage runs the package "./unit"

  @smoke
  Scenario: A test that passes
    Given the file "unit/unit_test.go"
      """
      package unit

      import "testing"

      func TestOne(t *testing.T) {}
      """
    When the commit stage runs
    Then the gate answers "allow" with exit code 0
    When the commit stage runs
    Then the gate answers "allow" with exit code 0
    And it says "1 executed"

  Scenario: No test files
    Given the file "unit/unit.go"
      """
      package unit
      """
    When the commit stage runs
    Then the gate refuses with exit code 65
    And it says "./unit has no tests to run"

  Scenario: Tests behind a build tag
    Given the file "unit/unit.go"
      """
      package unit
      """
    Given the file "unit/unit_test.go"
      """
      //go:build integration

      package unit

      import "testing"

      func TestOne(t *testing.T) {}
      """
    When the commit stage runs
    Then the gate refuses with exit code 65
    And it says "build constraints hide"

  @smoke
  Scenario: A TestMain that never calls m.Run
    Given the file "unit/unit_test.go"
      """
      package unit

      import (
      	"os"
      	"testing"
      )

      func TestMain(m *testing.M) { os.Exit(0) }

      func TestOne(t *testing.T) { t.Fatal("is never called") }
      """
    When the commit stage runs
    Then the gate refuses with exit code 65
    And it says "declared, and not run by go test: TestOne"

  Scenario: A package that does not build
    Given the file "unit/unit_test.go"
      """
      package unit

      import "testing"

      func TestOne(t *testing.T) { nothing() }
      """
    When the commit stage runs
    Then the gate refuses with exit code 65
    And it says "undefined: nothing"

  Scenario: A test that skips itself
    Given the file "unit/unit_test.go"
      """
      package unit

      import "testing"

      func TestOne(t *testing.T) {}
      func TestTwo(t *testing.T) { t.Skip("no printer here") }
      """
    When the commit stage runs
    Then the gate answers "block" with exit code 10
    And it says "TestTwo: skipped at unit/unit_test.go:6"
