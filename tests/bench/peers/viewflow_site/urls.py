"""The flow's own URLs."""

from django.urls import path
from hall.flows import HallFlow
from viewflow.urls import Site
from viewflow.workflow.flow import FlowAppViewset

site = Site(title="Bench", viewsets=[FlowAppViewset(HallFlow, icon="assignment")])
urlpatterns = [path("", site.urls)]
