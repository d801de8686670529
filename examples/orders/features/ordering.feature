Feature: Ordering
  Customers order what the shop sells and pay by card.

  Background:
    Given I am a new customer
    And I pay with a good card

  Scenario: An order is paid and accepted
    When I order 2 of "mug"
    Then the order is accepted
    And it costs 25.00

  Scenario: An order can be looked at later
    Given I have ordered 1 of "poster"
    When I look at my order
    Then it is mine and paid
    And it holds
      | product | quantity |
      | poster  | 1        |

  Scenario: Several products in one order
    When I order
      | product | quantity |
      | mug     | 1        |
      | sticker | 3        |
    Then the order is accepted
    And it costs 15.47

  Scenario Outline: What an order costs
    When I order <quantity> of "<product>"
    Then it costs <total>

    Examples:
      | quantity | product | total |
      | 1        | sticker | 0.99  |
      | 100      | sticker | 99.00 |
      | 3        | poster  | 90.00 |

  Scenario: A note is kept as it was written
    When I order 1 of "mug" with the note
      """
      Please wrap it.

        Ring twice; the dog is called "Gödel".
      """
    Then my order still has the note

  Scenario: A paid order is announced
    When I order 1 of "mug"
    Then the order is announced to other services

  Scenario: A declined payment
    Given I pay with an empty card
    When I order 1 of "mug"
    Then the order is refused: the payment was declined

  Scenario: A card that nobody knows
    Given I pay with an unknown card
    When I order 1 of "mug"
    Then the order is refused: the card is unknown

  Scenario Outline: Orders that make no sense
    When I order <quantity> of "<product>"
    Then the order is refused: <reason>

    Examples:
      | quantity | product | reason                             |
      | 0        | mug     | the order is not valid             |
      | 101      | mug     | the order is not valid             |
      | 1        | yacht   | the shop does not sell this product |
