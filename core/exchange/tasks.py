"""What the worker does for the exchange: it hears of each command of a case, and delivers."""

from core.cases.listening import listen
from core.exchange import settings as settings  # declares where the platform is
from core.exchange.service import heard

listen("exchange", heard)
