Feature: Paying
  The shop in this process, with the real payments service in a container beside
  it: what the fake of ordersmem promises is what the service does.

  Scenario: A good card
    When I order a mug with the card "tok_valid"
    Then the order is paid

  Scenario: An empty card
    When I order a mug with the card "tok_declined"
    Then the order is refused: the payment was declined

  Scenario: A card that nobody knows
    When I order a mug with the card "tok_nobody"
    Then the order is refused: the card is unknown

  Scenario: How one can pay
    Then one way to pay is "card"
