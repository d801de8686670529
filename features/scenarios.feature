Feature: A scenario passes only if every step of it did
  Cucumber's runners, godog among them, end green with scenarios that nobody
  ran to their end. The gate looks at the steps, not at the runner's exit code.

  @smoke
  Scenario: All steps pass
    Given a service
    When the commit stage runs
    Then the gate answers "allow" with exit code 0

  Rule: What cannot pass is known before anything runs

    @smoke
    Scenario: A step that nobody has written
      Given a service with the scenario
        """
        Scenario: A new wish
          When nobody has written this step
        """
      When the commit stage runs
      Then the gate answers "block" with exit code 10
      And it says "undefined: When nobody has written this step"
      And it says "s.Step(`nobody has written this step`"
      And no run has begun

    Scenario: A step with two meanings
      Given a service with the scenario
        """
        Scenario: Twice
          Given a step that is defined defined
        """
      When the commit stage runs
      Then the gate answers "block" with exit code 10
      And it says "ambiguous: Given a step that is defined defined"

    Scenario: A scenario without steps
      Given a service with the scenario
        """
        Scenario: Later
        """
      When the commit stage runs
      Then the gate answers "block" with exit code 10
      And it says "a scenario without steps"

  Rule: A step that did not pass is red, however it ended

    Scenario Outline: A step that <step>
      Given a service with the scenario
        """
        Scenario: Odd
          Given a step that <step>
        """
      When the commit stage runs
      Then the gate answers "block" with exit code 10
      And it says "<says>"

      @smoke
      Examples:
        | step                | says                                        |
        | skips               | Odd: skipped                                |
        | exits its goroutine | left its goroutine (runtime.Goexit          |

      Examples:
        | step                | says                                        |
        | fails               | no luck today                               |
        | is pending          | Odd: pending                                |
        | skips, and says why | no printer here                             |
        | panics              | panic: a plate fell down                    |
        | leaves a mess       | hook-failed                                 |

  Rule: A selection that selects nothing is a mistake, not a success

    Scenario Outline: The tags <tags>
      Given a service whose suite smoke has the tags "<tags>"
      When production is listed
      Then the gate refuses with exit code 65
      And it says "<says>"

      @smoke
      Examples:
        | tags                  | says                  |
        | @smoek                | did you mean @smoke?  |

      Examples:
        | tags                  | says                  |
        | smoke                 | tags begin with @     |
        | ~@slow                | write "not @slow"     |
        | @smoke and not @smoke | select none of        |

  Scenario: Two features of one name, and the second one fails
    Given a service with the file "features/second.feature"
      """
      Feature: Greeting
        Scenario: A guest is greeted by name
          Given a step that fails
      """
    When the commit stage runs
    Then the gate answers "block" with exit code 10
    And it says "no luck today"
