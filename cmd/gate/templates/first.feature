Feature: Greeting

  @smoke
  Scenario: A guest is greeted by name
    When I greet "Ada"
    Then I read "Hello, Ada!"

  Scenario: Nobody is greeted without a name
    When I greet ""
    Then I am told "who are you?"
