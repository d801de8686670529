@counting
Feature: Counting things

  Everything that Gherkin has, once, and green.

  Background:
    Given I have 1

  @smoke
  Scenario: Adding
    When I add 2
    Then I count 3

  # a comment with # language: de in it
  Scenario Outline: Adding <n> more
    When I add <n>
    Then I count <sum>

    Examples: small
      | n | sum |
      | 1 | 2   |
      | 2 | 3   |

    @large
    Examples: large
      | n    | sum  |
      | 1000 | 1001 |

  Scenario: A table
    When I add all of
      | n  | name      |
      | 1  | a \| b    |
      | 20 | c\\d # no |
    Then I count 22

  Scenario: A doc string
    When I say
      """markdown
      Scenario: not one
        indented
      """
    Then I said
      ```
      Scenario: not one
        indented
      ```

  @rule
  Rule: Ten is the limit

    Background:
      Given I have 9

    @smoke @edge
    Example: One more
      When I add 1
      Then I count 10

    Example: A bool, a float and bytes
      * true is true, 1.5 is 1.5 and "b" are bytes
