Feature: Only what was proven goes on
  Many gates allow what they know nothing of: no rows, no objectives, no
  measurement, no attestation. This one says that it cannot tell.

  Rule: No evidence is no answer

    @smoke
    Scenario: Nothing has run
      Given a service
      When I ask whether it may enter production
      Then the gate answers "inconclusive" with exit code 11
      And it says "no commit stage has made an artifact"

    Scenario: A stage was left out
      Given a service that has passed the commit stage
      When I ask whether it may enter production
      Then the gate answers "inconclusive" with exit code 11
      And it says "stage acceptance has not run"

    @smoke
    Scenario: The evidence is gone
      Given a service that has passed the commit stage
      And its evidence is deleted
      When the acceptance stage runs
      Then the gate answers "inconclusive" with exit code 11
      And nothing is deployed to staging

    Scenario Outline: One byte of <object> is flipped
      Given a service that has passed the commit stage
      And one byte of "<object>" is flipped
      When the acceptance stage runs
      Then the gate answers "inconclusive" with exit code 11
      And nothing is deployed to staging

      Examples:
        | object       |
        | the evidence |
        | the record   |
        | the rows     |

    Scenario: A run was begun and never decided
      Given a service that has passed the commit stage
      And a run on staging that was begun and never decided
      When the acceptance stage runs
      Then the gate answers "inconclusive" with exit code 11
      And it says "never decided"
      And it says "gate decide --run"

    Scenario: Another tool wrote no results, and old ones lie there
      Given a service whose commit stage runs the command "true" and reads "out.xml"
      And the file "out.xml"
        """
        <testsuite name="old" tests="1"><testcase classname="old" name="one"/></testsuite>
        """
      When the commit stage runs
      Then the gate answers "block" with exit code 10
      And it says "wrote no results"

  Rule: Evidence counts only for what it is about

    @smoke
    Scenario: A run in process, offered for staging
      Given a service that has passed the commit stage
      And a run on staging with the evidence of the commit stage
      When that run is decided
      Then the gate answers "block" with exit code 10
      And it says "is evidence of run commit/"

    Scenario: A world that never asks the deployed service
      Given a service with the scenario
        """
        Scenario: Inside
          When I greet "Ada" without asking the service
          Then I read "Hello, Ada!"
        """
      And it has passed the commit stage
      When the acceptance stage runs
      Then the gate answers "block" with exit code 10
      And it says "made no recorded call to the target staging"

    Scenario: Another artifact than the one that was tested
      Given a service that has passed the commit stage
      And the file "dist/greeting" is changed
      When the acceptance stage runs
      Then the gate answers "block" with exit code 10
      And it says "dist/greeting was changed"
      And nothing is deployed to staging

  Rule: Luck is no evidence

    Scenario: A scenario that fails, and passes on the second run
      Given a service with the scenario
        """
        Scenario: Fickle
          Given a step that fails the first time on a target
          When I greet "Ada"
        """
      And it has passed the commit stage
      When the acceptance stage runs
      Then the gate answers "block" with exit code 10
      When the acceptance stage runs
      Then the gate answers "block" with exit code 10
      And it says "1 flaky, the budget is 0"

  Rule: What went well goes on

    @smoke
    Scenario: One change, from commit to production
      Given a service that has passed the commit stage
      When the acceptance stage runs
      Then the gate answers "allow" with exit code 0
      When the production stage runs
      Then the gate answers "allow" with exit code 0
      And its commit is deployed to production
