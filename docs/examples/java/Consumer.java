import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Reads next best actions as a contact center does, and reports which ones were shown. usage: Consumer BROKERS REGISTRY */
public final class Consumer {
    private final String registry;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final Map<Integer, Schema> schemas = new HashMap<>();
    private final Set<String> seen = new HashSet<>(); // decision ids; a real desk forgets them when they expire
    private final KafkaProducer<byte[], byte[]> producer;
    private volatile boolean ending;

    public static void main(String[] args) throws Exception {
        new Consumer(args[0], args[1]).run(args[0]);
    }

    private Consumer(String brokers, String registry) {
        this.registry = registry;
        producer = new KafkaProducer<>(Map.of("bootstrap.servers", brokers), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void run(String brokers) throws Exception {
        Map<String, Object> config = Map.of(
            "bootstrap.servers", brokers,
            "group.id", "desk-java",
            "isolation.level", "read_committed", // never see what was rolled back
            "auto.offset.reset", "earliest",     // the first start misses nothing; what is old has expired
            "enable.auto.commit", "false");      // commit what has been dealt with, not what was fetched
        var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        Thread loop = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            ending = true; // and no wakeup(): it could hit the commit of what has been shown
            try {
                loop.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        try (consumer; producer) {
            consumer.subscribe(List.of("next-best-actions"));
            while (!ending) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    take(decode(record.value()));
                }
                producer.flush();
                consumer.commitSync();
            }
        }
    }

    private void take(GenericRecord nba) throws Exception {
        String id = nba.get("decision_id").toString();
        if (!seen.add(id)) {
            return; // sent again: attune in at-least-once mode, or our own restart
        }
        Object contact = nba.get("contact_ref") == null ? "-" : nba.get("contact_ref");
        if (nba.get("supersedes") != null) {
            System.out.printf("withdraw %s %s%n", contact, nba.get("supersedes"));
        }
        if ((boolean) nba.get("cancelled") || (long) nba.get("expires_at") < System.currentTimeMillis()) {
            return;
        }
        GenericRecord action = (GenericRecord) nba.get("action");
        String reasons = ((List<?>) nba.get("reasons")).stream().map(GenericRecord.class::cast)
            .map(r -> String.format(Locale.ROOT, "%s %.2f", r.get("code"), r.get("p"))).collect(Collectors.joining(", "));
        System.out.printf("show %s %s %s [%s] %s%n", contact, action.get("id"), action.get("treatment"), reasons, nba.get("brief"));
        report(nba, "shown");
    }

    /** Undoes Confluent framing: a zero byte, the schema id in four bytes, Avro written with that schema. */
    private GenericRecord decode(byte[] value) throws Exception {
        ByteBuffer frame = ByteBuffer.wrap(value);
        if (frame.get() != 0) {
            throw new IOException("not in Confluent framing");
        }
        int id = frame.getInt();
        Schema schema = schemas.get(id);
        if (schema == null) {
            schema = new Schema.Parser().parse(ask("/schemas/ids/" + id).get("schema").asText());
            schemas.put(id, schema);
        }
        var decoder = DecoderFactory.get().binaryDecoder(value, frame.position(), frame.remaining(), null);
        return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
    }

    /** Tells attune what became of a decision. The event id is made of the decision's: sent twice, it counts once. */
    private void report(GenericRecord nba, String outcome) throws Exception {
        JsonNode latest = ask("/subjects/action-outcomes-value/versions/latest");
        Schema schema = new Schema.Parser().parse(latest.get("schema").asText());
        GenericRecord event = new GenericData.Record(schema);
        event.put("event_id", "desk-java/" + nba.get("decision_id") + "-" + outcome);
        event.put("decision_id", nba.get("decision_id"));
        event.put("person_ref", nba.get("person_ref"));
        event.put("occurred_at", System.currentTimeMillis());
        event.put("outcome", new GenericData.EnumSymbol(schema.getField("outcome").schema(), outcome));
        event.put("action", ((GenericRecord) nba.get("action")).get("id"));
        event.put("reason", "");
        var out = new ByteArrayOutputStream();
        out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(latest.get("id").asInt()).array());
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema).write(event, encoder);
        encoder.flush();
        producer.send(new ProducerRecord<>("action-outcomes", out.toByteArray()));
    }

    private JsonNode ask(String path) throws Exception {
        HttpResponse<String> answer = http.send(HttpRequest.newBuilder(URI.create(registry + path)).build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("registry: " + path + ": " + answer.statusCode());
        }
        return json.readTree(answer.body());
    }
}
