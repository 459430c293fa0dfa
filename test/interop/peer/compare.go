package main

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// compare reports whether the bytes written by our side contain an equal message, unknown fields
// included: "equal", "regrouped" if unknown fields of one number but several wire types are in
// another order, or "other".
func compare(message, ours proto.Message, written []byte) string {
	if written == nil || proto.Unmarshal(written, ours) != nil {
		return "other"
	}
	if proto.Equal(message, ours) {
		return "equal"
	}
	regroup(message)
	regroup(ours)
	if proto.Equal(message, ours) {
		return "regrouped"
	}
	return "other"
}

// regroup puts the unknown fields of each message in the order of their tags.
func regroup(message proto.Message) {
	must(protorange.Range(message.ProtoReflect(), func(values protopath.Values) error {
		if message, ok := values.Index(-1).Value.Interface().(protoreflect.Message); ok {
			message.SetUnknown(inOrder(message.GetUnknown()))
		}
		return nil
	}))
}

func inOrder(unknown protoreflect.RawFields) protoreflect.RawFields {
	type field struct {
		tag   uint64
		bytes []byte
	}
	fields := []field{}
	for len(unknown) > 0 {
		number, wireType, tagLength := protowire.ConsumeTag(unknown)
		length := tagLength + protowire.ConsumeFieldValue(number, wireType, unknown[tagLength:])
		fields = append(fields, field{protowire.EncodeTag(number, wireType), unknown[:length]})
		unknown = unknown[length:]
	}
	slices.SortStableFunc(fields, func(a, b field) int { return int(a.tag) - int(b.tag) })
	ordered := protoreflect.RawFields{}
	for _, field := range fields {
		ordered = append(ordered, field.bytes...)
	}
	return ordered
}
