Feature: What counts is signed by somebody who may
  Whoever writes a commit, or runs its tests, is not who says that it may go on.
  A trust file that the commit does not have says who signs what.

  @smoke
  Scenario: Evidence that is signed by a stranger
    Given a service that has passed the commit stage
    And a run on staging whose evidence a stranger has signed
    When that run is decided
    Then the gate answers "inconclusive" with exit code 11
    And it says "is not signed by ci"

  Scenario: Who signs evidence does not approve
    Given a service that has passed the commit stage
    And a trust file by which "ann" approves what goes to production
    When production is approved with the key of "ci"
    Then the gate refuses with exit code 77
    And it says "is signed by ci, who may not approve on prod"
    When production is approved with the key of "ann"
    Then it says "ann approved the promotion"

  Scenario: A promotion that asks for less than the last one
    Given a service that has passed the commit stage
    When the acceptance stage runs
    Then the gate answers "allow" with exit code 0
    Given the file "features/greeting.feature"
      """
      Feature: Greeting
        @smoke
        Scenario: A guest is greeted by name
          When I greet "Ada"
          Then I read "Hello, Ada!"
      """
    When the commit stage runs
    And I ask whether it may enter acceptance
    Then the gate answers "allow" with exit code 0
    And it says "loosened: stage acceptance: acceptance: Greeting: Another guest is greeted, too is gone"

  @smoke
  Scenario: A verdict that somebody has changed
    Given a service that has passed the commit stage
    And a verdict by which it may enter acceptance
    When the verdict is verified
    Then the gate answers "allow" with exit code 0
    Given one byte of "the verdict" is flipped
    When the verdict is verified
    Then the gate answers "inconclusive" with exit code 11
