Feature: Nobody looks here
  Scenario: Undefined
    Given nothing of this is defined
