// Turns Kubernetes' protobuf messages, as its clients send them, into JSON.
//
// Standard input and output carry messages, each behind its length as four big-endian bytes.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"io"
	"log"
	"os"

	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	decoder := scheme.Codecs.UniversalDeserializer()
	for {
		var length uint32
		if err := binary.Read(in, binary.BigEndian, &length); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		message := make([]byte, length)
		if _, err := io.ReadFull(in, message); err != nil {
			log.Fatal(err)
		}
		object, kind, err := decoder.Decode(message, nil, nil)
		if err != nil {
			log.Fatal(err)
		}
		object.GetObjectKind().SetGroupVersionKind(*kind)
		text, err := json.Marshal(object)
		if err != nil {
			log.Fatal(err)
		}
		if err := binary.Write(out, binary.BigEndian, uint32(len(text))); err != nil {
			log.Fatal(err)
		}
		if _, err := out.Write(text); err != nil {
			log.Fatal(err)
		}
		if err := out.Flush(); err != nil {
			log.Fatal(err)
		}
	}
}
