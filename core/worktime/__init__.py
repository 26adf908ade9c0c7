"""Working time: limits, ledgers that can pause, the working calendar, and due dates with the days that made them."""
