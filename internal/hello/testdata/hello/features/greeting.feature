Feature: Greeting

  @smoke
  Scenario: A guest is greeted by name
    When I greet "Ada"
    Then I read "Hello, Ada!"

  Scenario: Another guest is greeted, too
    When I greet "Bob"
    Then I read "Hello, Bob!"
