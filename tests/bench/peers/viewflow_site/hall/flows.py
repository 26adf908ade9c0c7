"""Start with the form, approve once, end."""

from fields import FIELDS
from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.flow.views import CreateProcessView, UpdateProcessView

from hall.models import Application


class HallFlow(flow.Flow):
    """The smallest flow that does what a submission and an approval do."""

    process_class = Application
    start = (
        flow.Start(CreateProcessView.as_view(fields=[name for name, _kind in FIELDS])).Annotation(title="Apply").Permission(auto_create=True).Next(this.approve)
    )
    approve = flow.View(UpdateProcessView.as_view(fields=["approved"])).Annotation(title="Approve").Permission(auto_create=True).Next(this.end)
    end = flow.End()
