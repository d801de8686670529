Feature: The shop is open
  What can be asked of the shop without changing anything. Two of these run on
  production after each deploy: one asks the payments service, one the table.

  Scenario: What the shop sells
    When I look at the products
    Then the shop sells
      | product | price |
      | mug     | 12.50 |
      | poster  | 30.00 |
      | sticker | 0.99  |

  @smoke
  Scenario: The shop can be paid
    When I ask how I can pay
    Then one way to pay is "card"

  @smoke
  Scenario: An order that nobody placed
    When I look at an order that nobody placed
    Then there is no such order
