"""What /openapi.json says is so: requests made from it meet no fault, and answers are of the form that it gives."""

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks

from app.serving.api.wire import Feedback, GenerateRequest, PredictRequest
from tests.serving.api.serving import ADDRESS

EXAMPLES = 8  # of each operation and mode
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
OPERATIONS = [("POST", "/v1/predict"), ("POST", "/v1/generate"), ("POST", "/v1/feedback"), ("GET", "/v1/model")]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


def send(served, case) -> httpx.Response:
    request = case.as_transport_kwargs(base_url=ADDRESS)
    request.pop("cookies", None)  # there are none
    data = request.pop("data", None)
    if data is not None:
        request["content" if isinstance(data, (bytes, str)) else "data"] = data
    return served.run(served.client.request(**request))


@pytest.mark.parametrize("kind", ["text-classification", "token-classification", "causal-lm"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_made_from_the_description_meets_a_fault(serve, kind, method, path):
    served = serve(kind)
    operation = schemathesis.openapi.from_dict(served.ask("/openapi.json").json())[path][method]
    asked = []
    for mode in MODES if method == "POST" else MODES[:1]:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case):
            asked.append(send(served, case))
            case.validate_response(asked[-1], checks=CHECKS)

        ask()
    assert len(asked) >= (EXAMPLES if method == "POST" else 1)


def test_every_example_is_a_request_that_it_takes(serve):
    paths = serve().ask("/openapi.json").json()["paths"]
    for path, model in (("predict", PredictRequest), ("generate", GenerateRequest), ("feedback", Feedback)):
        content = paths[f"/v1/{path}"]["post"]["requestBody"]["content"]["application/json"]
        assert content["examples"]
        for example in content["examples"].values():
            model.model_validate(example["value"], strict=True)


def test_it_says_how_a_key_is_sent(serve):
    document = serve().ask("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert all(one["security"] == [{"key": []}] for path in document["paths"].values() for one in path.values())
    assert set(document["paths"]) == {path for _, path in OPERATIONS}
