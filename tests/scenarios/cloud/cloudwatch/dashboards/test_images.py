"""GetMetricWidgetImage: a PNG of the account's metrics."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, queue, world


@pytest.fixture(scope="module")
def cloud():
    with world(queue()) as found:
        data = [{"MetricName": "guesses", "Value": 5, "Timestamp": found.clock.now}]
        admin(found, "cloudwatch").put_metric_data(Namespace="tw", MetricData=data)
        yield found


def image(cloud, **widget):
    text = json.dumps({"metrics": [["tw", "guesses"]], "width": 300, "height": 200, **widget})
    return admin(cloud, "cloudwatch").get_metric_widget_image(MetricWidget=text)["MetricWidgetImage"]


@pytest.mark.slow
def test_a_widget_is_drawn_from_the_accounts_metrics(cloud):
    cloud.run(60)
    found = image(cloud)

    assert (found[:4], int.from_bytes(found[16:20])) == (b"\x89PNG", 300)
    assert found != image(cloud, metrics=[["tw", "nothing"]], title="")
    assert (
        image(cloud, metrics=[["tw", "guesses", {"id": "m1"}], [{"expression": "m1*2", "id": "e1"}]]) != found
    )


@pytest.mark.parametrize(
    "bad", [{"metrics": []}, {"region": "eu-west-1"}, {"start": "-PT0H", "end": "-PT1H"}]
)
def test_what_is_no_widget_is_refused(cloud, bad):
    with pytest.raises(ClientError, match="ValidationError"):
        image(cloud, **bad)


@pytest.mark.slow
def test_an_expression_over_what_is_not_there_is_refused(cloud):
    with pytest.raises(ClientError, match="ValidationError"):
        image(cloud, metrics=[[{"expression": "m9*2", "id": "e1"}]])
