"""Reads what was sent to a collector of OTLP over HTTP, by the protocol's own messages for Python: a line for each span."""

import json
import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

for body in sys.argv[1:]:
    request = ExportTraceServiceRequest.FromString(bytes.fromhex(body))
    for of in request.resource_spans:
        service = {attribute.key: attribute.value.string_value for attribute in of.resource.attributes}
        for span in (span for scope in of.scope_spans for span in scope.spans):
            print(json.dumps({
                "service": service["service.name"],
                "name": span.name,
                "trace": span.trace_id.hex(),
                "span": span.span_id.hex(),
                "parent": span.parent_span_id.hex(),
                "takes": span.end_time_unix_nano >= span.start_time_unix_nano > 0,
            }))
