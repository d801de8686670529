# language: de
Funktionalität: Zählen

  Grundlage:
    Angenommen I have 2

  Szenariogrundriss: Mehr
    Wenn I add <n>
    Dann I count <sum>

    Beispiele:
      | n | sum |
      | 5 | 7   |
