"""Parses a config.pbtxt by model_config.proto, strictly, and prints it as JSON: `python3 parse.py config.pbtxt`."""
import os
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, text_format

HERE = os.path.dirname(os.path.abspath(__file__))


def described():
    """The schema: this reads the few forms that it has, so that no protoc is needed."""
    file = descriptor_pb2.FileDescriptorProto(name='model_config.proto', package='inference', syntax='proto3')
    kinds = {'string': 9, 'int64': 3, 'int32': 5, 'uint64': 4}
    enums = set()
    holder = None
    for line in open(os.path.join(HERE, "model_config.proto")):
        words = line.split('//')[0].replace(';', ' ').replace('=', ' ').split()
        if not words or words[0] in ('syntax', 'package', '}'):
            continue
        if words[0] == 'enum':
            holder = file.enum_type.add(name=words[1])
            enums.add(words[1])
        elif words[0] == 'message':
            holder = file.message_type.add(name=words[1])
        elif isinstance(holder, descriptor_pb2.EnumDescriptorProto):
            holder.value.add(name=words[0], number=int(words[1]))
        else:
            repeated = words[0] == 'repeated'
            kind, name, number = words[1:] if repeated else words
            field = holder.field.add(name=name, number=int(number), label=3 if repeated else 1)
            if kind in kinds:
                field.type = kinds[kind]
            else:
                field.type = 14 if kind in enums else 11
                field.type_name = f'.inference.{kind}'
    return file


pool = descriptor_pool.DescriptorPool()
pool.Add(described())
descriptor = pool.FindMessageTypeByName('inference.ModelConfig')
make = getattr(message_factory, 'GetMessageClass', None)
Config = make(descriptor) if make else message_factory.MessageFactory(pool).GetPrototype(descriptor)
config = text_format.Parse(open(sys.argv[1]).read(), Config(), descriptor_pool=pool)
print(json_format.MessageToJson(config, preserving_proto_field_name=True))
