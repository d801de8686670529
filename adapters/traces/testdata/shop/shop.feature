Feature: Shop
  Scenario: Asked
    When I ask the service
    Then it has answered
  Scenario: Broken
    When I ask the service
    Then it breaks
