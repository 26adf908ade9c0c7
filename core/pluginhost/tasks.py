"""What the worker does for plugins: their jobs, and writing down which of them failed."""

from core.outbox import schedule
from core.outbox import service as outbox
from core.pluginhost import failures, jobs

PLAN_SECONDS = 10.0

outbox.after_each(failures.write)
schedule.every("plugins.jobs", PLAN_SECONDS, jobs.plan)
