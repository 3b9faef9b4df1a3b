// Sends status updates to Taskfold: one JSON object a line on standard input, with the names of TaskStatusDetail.
//
//	KAFKA_BROKERS=localhost:9092 SCHEMA_REGISTRY_URL=http://localhost:8081 go run ./sender < updates.jsonl
//
// What matters: the key is internal_task_id, and the client's partitioner is Kafka's own (franz-go's default is). Its producer
// is idempotent, so that its retries repeat nothing.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
)

const lineBytesMax = 4 << 20

// Arrays without their size in bytes, as other encoders write them: readers take both.
var plain = avro.Config{DisableBlockSizeHeader: true}.Freeze()

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sender:", err)
		os.Exit(1)
	}
}

func run() error {
	topic := os.Getenv("TASKFOLD_INPUT_TOPIC")
	if topic == "" {
		topic = "task-status"
	}
	id, schema, err := latestSchema(os.Getenv("SCHEMA_REGISTRY_URL"), topic+"-value")
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA_BROKERS"), ",")...),
		kgo.DefaultProduceTopic(topic),
	)
	if err != nil {
		return err
	}
	defer client.Close()

	var (
		ctx    = context.Background()
		lock   sync.Mutex
		failed error
		sent   int
	)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, lineBytesMax)
	for lines.Scan() {
		update, err := parse(lines.Bytes())
		if err != nil {
			return err
		}
		value, err := encode(id, schema, update)
		if err != nil {
			return err
		}
		record := &kgo.Record{Value: value}
		if task, ok := update["internal_task_id"].(string); ok {
			record.Key = []byte(task)
		}
		// An update that was not acknowledged is not lost: an engine keeps its deltas and posts them again with what has come since.
		client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failed = err
			} else {
				sent++
			}
		})
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	fmt.Printf("{\"sent\":%d}\n", sent)
	return failed
}

// parse keeps whole numbers whole: those of JSON are floats to Go, and a long is none.
func parse(line []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var update map[string]any
	if err := decoder.Decode(&update); err != nil {
		return nil, err
	}
	whole, err := withWholeNumbers(update)
	if err != nil {
		return nil, err
	}
	return whole.(map[string]any), nil
}

func withWholeNumbers(value any) (any, error) {
	switch value := value.(type) {
	case json.Number:
		return value.Int64()
	case []any:
		for i := range value {
			item, err := withWholeNumbers(value[i])
			if err != nil {
				return nil, err
			}
			value[i] = item
		}
	case map[string]any:
		for name := range value {
			field, err := withWholeNumbers(value[name])
			if err != nil {
				return nil, err
			}
			value[name] = field
		}
	}
	return value, nil
}

// encode writes Confluent's wire format: a zero byte, the schema's id in four bytes, then the Avro of the value.
func encode(id uint32, schema avro.Schema, update map[string]any) ([]byte, error) {
	filled := filledRecord(schema.(*avro.RecordSchema), update)
	body, err := plain.Marshal(schema, filled)
	if err != nil {
		return nil, err
	}
	head := binary.BigEndian.AppendUint32([]byte{0}, id)
	return append(head, body...), nil
}

// filledRecord names the branch of each union, and gives every field that the update leaves out its null.
func filledRecord(schema *avro.RecordSchema, update map[string]any) map[string]any {
	filled := make(map[string]any, len(schema.Fields()))
	for _, field := range schema.Fields() {
		filled[field.Name()] = filledValue(field.Type(), update[field.Name()])
	}
	return filled
}

func filledValue(schema avro.Schema, value any) any {
	switch schema := schema.(type) {
	case *avro.UnionSchema:
		if value == nil {
			return nil
		}
		for _, branch := range schema.Types() {
			if branch.Type() != avro.Null {
				return map[string]any{branchName(branch): filledValue(branch, value)}
			}
		}
	case *avro.RecordSchema:
		return filledRecord(schema, value.(map[string]any))
	case *avro.ArraySchema:
		items := value.([]any)
		filled := make([]any, len(items))
		for i, item := range items {
			filled[i] = filledValue(schema.Items(), item)
		}
		return filled
	case *avro.EnumSchema:
		for _, symbol := range schema.Symbols() {
			if symbol == value {
				return value
			}
		}
		return schema.Default()
	}
	return value
}

func branchName(schema avro.Schema) string {
	if named, ok := schema.(avro.NamedSchema); ok {
		return named.FullName()
	}
	return string(schema.Type())
}

func latestSchema(registry, subject string) (uint32, avro.Schema, error) {
	address := strings.TrimRight(registry, "/") + "/subjects/" + url.PathEscape(subject) + "/versions/latest"
	answer, err := http.Get(address)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, nil, fmt.Errorf("the registry answers %s for %s", answer.Status, subject)
	}
	var found struct {
		ID     uint32 `json:"id"`
		Schema string `json:"schema"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		return 0, nil, err
	}
	schema, err := avro.Parse(found.Schema)
	return found.ID, schema, err
}
