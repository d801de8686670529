Feature: The shelf

  @smoke
  Scenario: What is put on it stays there
    When I put 2 "cups" on the shelf
    And I put 3 "cups" on the shelf
    Then there are 5 "cups"
