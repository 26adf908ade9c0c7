"""The life of a case (办件): draft, submission, intake, review, decision, delivery. Only this slice writes cases; routing decides, purely."""
