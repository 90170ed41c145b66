"""Reads TensorBoard event files by Debian's protobuf and crcmod, knowing the format from its definition alone; prints JSON.

Usage: /usr/bin/python3 read-events.py FILE...       (apt install python3-protobuf python3-crcmod)
"""

import json
import struct
import sys

from crcmod.predefined import mkPredefinedCrcFun
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

# tensorboard/compat/proto/event.proto, summary.proto, histogram.proto, tensor.proto
FIELDS = {
    "Event": "wall_time:1:double step:2:int64 file_version:3:string summary:5:Summary session_log:7:SessionLog",
    "SessionLog": "status:1:int32",
    "Summary": "value:1:*Value",
    "Value": "tag:1:string simple_value:2:float image:4:Image histo:5:Histogram tensor:8:Tensor metadata:9:Metadata",
    "Image": "height:1:int32 width:2:int32 colorspace:3:int32 encoded_image_string:4:bytes",
    "Histogram": "min:1:double max:2:double num:3:double sum:4:double sum_squares:5:double bucket_limit:6:*double bucket:7:*double",
    "Tensor": "dtype:1:int32 string_val:8:*bytes",
    "Metadata": "plugin_data:1:Plugin",
    "Plugin": "plugin_name:1:string",
}


def event_class():
    file = descriptor_pb2.FileDescriptorProto(name="events", package="events", syntax="proto2")
    for message, fields in FIELDS.items():
        made = file.message_type.add(name=message)
        for field in fields.split():
            name, number, kind = field.split(":")
            one = made.field.add(name=name, number=int(number), label=3 if kind.startswith("*") else 1)
            kind = kind.lstrip("*")
            if kind in FIELDS:
                one.type, one.type_name = one.TYPE_MESSAGE, f".events.{kind}"
            else:
                one.type = getattr(one, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("events.Event"))


crc32c = mkPredefinedCrcFun("crc-32c")


def check(data, stored, what):
    crc = crc32c(data)
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    if masked != stored:
        raise ValueError(f"{what}: sum {masked:08x} of the data, {stored:08x} in the file")


def records(path):
    with open(path, "rb") as file:
        while head := file.read(12):
            (length, crc) = struct.unpack("<QI", head)
            check(head[:8], crc, f"{path}: a length")
            data = file.read(length)
            check(data, *struct.unpack("<I", file.read(4)), f"{path}: a record")
            yield data


def unknown(message):
    """Whether anything is there that the format does not have."""
    inner = [value for field, value in message.ListFields() if field.type == field.TYPE_MESSAGE]
    flat = [one for value in inner for one in (value if hasattr(value, "__len__") else [value])]
    return len(message.UnknownFields()) > 0 or any(unknown(one) for one in flat)


Event = event_class()
events = []
for path in sys.argv[1:]:
    for data in records(path):
        event = Event.FromString(data)
        if unknown(event):
            raise ValueError(f"{path}: unknown fields in {event}")
        events.append(json_format.MessageToDict(event, preserving_proto_field_name=True))
json.dump(events, sys.stdout)
