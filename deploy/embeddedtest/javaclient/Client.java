import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What a stranger's Java program does with our topics: the ordinary Kafka clients with Apicurio's Avro serializers.
 *
 * produce BROKERS REGISTRY TOPIC SCHEMA-FILE [NAME=VALUE...]
 *                                               values as Avro JSON, one a line, on standard input; null keys, no headers;
 *                                               with further settings of the serializer
 * consume BROKERS REGISTRY TOPIC N SECONDS      N committed records, one JSON line each, on standard output
 */
public final class Client {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        Properties props = new Properties();
        props.put("bootstrap.servers", args[1]);
        props.put("apicurio.registry.url", args[2]);
        switch (args[0]) {
            case "produce" -> produce(props, args[3], Path.of(args[4]), List.of(args).subList(5, args.length));
            case "consume" -> consume(props, args[3], Integer.parseInt(args[4]), Duration.ofSeconds(Long.parseLong(args[5])));
            default -> throw new IllegalArgumentException(args[0]);
        }
        // The registry client's threads would keep the process alive.
        System.out.flush();
        System.exit(0);
    }

    private static void produce(Properties props, String topic, Path schemaFile, List<String> more) throws Exception {
        props.put("key.serializer", StringSerializer.class.getName());
        props.put("value.serializer", AvroKafkaSerializer.class.getName());
        props.put("apicurio.registry.auto-register", "true");
        // One self-contained schema: as references, which is the default, the registry cannot check its compatibility.
        props.put("apicurio.registry.dereference-schema", "true");
        for (String setting : more) {
            String[] parts = setting.split("=", 2);
            props.put(parts[0], parts[1]);
        }
        Schema schema = new Schema.Parser().parse(Files.readString(schemaFile));
        GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Exception[] failure = new Exception[1];
        int count = 0;
        try (KafkaProducer<String, GenericRecord> producer = new KafkaProducer<>(props)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine(), count++) {
                GenericRecord value = reader.read(null, DecoderFactory.get().jsonDecoder(schema, line));
                producer.send(new ProducerRecord<>(topic, value), (metadata, e) -> {
                    if (e != null) failure[0] = e;
                });
            }
        }
        if (failure[0] != null) throw failure[0];
        System.out.println(JSON.createObjectNode().put("produced", count));
    }

    private static void consume(Properties props, String topic, int wanted, Duration patience) throws Exception {
        props.put("key.deserializer", ByteArrayDeserializer.class.getName());
        props.put("value.deserializer", AvroKafkaDeserializer.class.getName());
        props.put("isolation.level", "read_committed");
        props.put("enable.auto.commit", "false");
        long deadline = System.nanoTime() + patience.toNanos();
        try (KafkaConsumer<byte[], GenericRecord> consumer = new KafkaConsumer<>(props)) {
            List<TopicPartition> partitions =
                consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            for (int count = 0; count < wanted && System.nanoTime() < deadline; ) {
                for (ConsumerRecord<byte[], GenericRecord> record : consumer.poll(Duration.ofMillis(200))) {
                    System.out.println(describe(record));
                    if (++count == wanted) return;
                }
            }
        }
    }

    private static JsonNode describe(ConsumerRecord<byte[], GenericRecord> record) throws Exception {
        ObjectNode line = JSON.createObjectNode()
            .put("partition", record.partition())
            .put("offset", record.offset())
            .put("timestamp", record.timestamp())
            .put("key", record.key());
        ObjectNode headers = line.putObject("headers");
        for (Header header : record.headers()) {
            headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        line.set("value", record.value() == null ? null : avroJson(record.value()));
        return line;
    }

    private static JsonNode avroJson(GenericRecord value) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        JsonEncoder encoder = EncoderFactory.get().jsonEncoder(value.getSchema(), out);
        new GenericDatumWriter<GenericRecord>(value.getSchema()).write(value, encoder);
        encoder.flush();
        return JSON.readTree(out.toByteArray());
    }
}
