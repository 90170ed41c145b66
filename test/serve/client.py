"""A client of the Open Inference Protocol as others write them: stubs by grpc_tools, channel by grpcio. Says as JSON what it was told."""

import json
import struct
import sys

import grpc
from grpc_tools import protoc

folder, protos, address, pixels, certificate = sys.argv[1:6]
for name in ("inference.proto", "health.proto"):
    assert protoc.main(["", f"-I{protos}", f"--python_out={folder}", f"--grpc_python_out={folder}", name]) == 0
sys.path.insert(0, folder)
import health_pb2  # noqa: E402
import health_pb2_grpc  # noqa: E402
import inference_pb2 as pb  # noqa: E402
import inference_pb2_grpc  # noqa: E402

if certificate:
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(open(certificate, "rb").read()))
else:
    channel = grpc.insecure_channel(address)
stub = inference_pb2_grpc.GRPCInferenceServiceStub(channel)
health = health_pb2_grpc.HealthStub(channel)
image = open(pixels, "rb").read()


def request(raw, **more):
    tensor = pb.ModelInferRequest.InferInputTensor(name="images", datatype="UINT8", shape=[1, 16, 24, 3])
    if not raw:
        tensor.contents.uint_contents.extend(image)
    return pb.ModelInferRequest(
        model_name="classifier", id="a-7", inputs=[tensor], raw_input_contents=[image] if raw else [], **more
    )


def floats(answer):
    (data,) = answer.raw_output_contents
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def code_of(call):
    try:
        call()
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


described = stub.ModelMetadata(pb.ModelMetadataRequest(name="classifier"), timeout=20)
raw = stub.ModelInfer(request(True), timeout=20)
typed = stub.ModelInfer(request(False), timeout=20)
print(
    json.dumps(
        {
            "live": stub.ServerLive(pb.ServerLiveRequest(), timeout=20).live,
            "ready": stub.ServerReady(pb.ServerReadyRequest(), timeout=20).ready,
            "modelReady": stub.ModelReady(pb.ModelReadyRequest(name="classifier", version="1"), timeout=20).ready,
            "server": stub.ServerMetadata(pb.ServerMetadataRequest(), timeout=20).name,
            "health": health.Check(health_pb2.HealthCheckRequest(), timeout=20).status,
            "inputs": [[one.name, one.datatype, list(one.shape)] for one in described.inputs],
            "id": raw.id,
            "raw": floats(raw),
            "typed": list(typed.outputs[0].contents.fp32_contents),
            "codes": [
                code_of(lambda: stub.ModelMetadata(pb.ModelMetadataRequest(name="none"), timeout=20)),
                code_of(lambda: stub.ModelInfer(pb.ModelInferRequest(model_name="classifier"), timeout=20)),
                code_of(lambda: stub.ModelInfer(request(True, model_version="9"), timeout=20)),
                code_of(lambda: stub.ModelInfer(pb.ModelInferRequest(raw_input_contents=[b"0" * 17_000_000]), timeout=20)),
                code_of(lambda: stub.ModelInfer(request(True), timeout=20, compression=grpc.Compression.Gzip)),
                code_of(lambda: stub.ModelInfer(request(True), timeout=20)),
            ],
        }
    )
)
channel.close()
