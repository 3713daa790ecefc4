import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** The touchpoint job on Kafka Streams, with the Processor API. Settings are system properties: streams.* are the engine's. */
public class Touchpoints {
  static final long WINDOW = 60_000, GRACE = 10_000;

  public static class EventTime implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
      return Persona.eventTime((byte[]) record.value());
    }
  }

  static class Job implements Processor<byte[], byte[], byte[], byte[]> {
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<byte[], byte[]> personas;
    private KeyValueStore<byte[], byte[]> counts; // by window start, channel and reason

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
      this.context = context;
      personas = context.getStateStore("personas");
      counts = context.getStateStore("counts");
      context.schedule(Duration.ofSeconds(1), PunctuationType.STREAM_TIME, this::close);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      byte[] touchpoint = record.value();
      byte[] known = personas.get(record.key());
      // A store may hold on to what it was given: what it has is not changed.
      byte[] persona = known == null ? Persona.fresh() : known.clone();
      boolean act = Persona.update(persona, touchpoint);
      personas.put(record.key(), persona);
      if (act) {
        context.forward(record.withValue(Persona.action(persona, touchpoint)), "actions");
      }
      count(record.timestamp(), touchpoint);
    }

    private void count(long at, byte[] touchpoint) {
      long start = at - at % WINDOW;
      if (start + WINDOW + GRACE <= context.currentStreamTimeMs()) {
        return;
      }
      byte[] cell = new byte[10];
      Persona.put(cell, 0, start);
      cell[8] = touchpoint[8];
      cell[9] = touchpoint[9];
      byte[] before = counts.get(cell);
      byte[] after = new byte[8];
      Persona.put(after, 0, before == null ? 1 : Persona.number(before, 0) + 1);
      counts.put(cell, after);
    }

    /** Writes the windows that are final. */
    private void close(long now) {
      byte[] last = new byte[10];
      Persona.put(last, 0, now - GRACE - WINDOW);
      last[8] = last[9] = Byte.MAX_VALUE;
      List<KeyValue<byte[], byte[]>> cells = new ArrayList<>();
      try (KeyValueIterator<byte[], byte[]> found = counts.range(new byte[10], last)) {
        found.forEachRemaining(cells::add);
      }
      for (KeyValue<byte[], byte[]> cell : cells) {
        byte[] value = ByteBuffer.allocate(22).put(cell.value).putInt(context.taskId().partition()).put(cell.key).array();
        context.forward(new Record<>(cell.key, value, now), "aggregates");
        counts.delete(cell.key);
      }
    }
  }

  private static StoreBuilder<KeyValueStore<byte[], byte[]>> store(String name) {
    boolean memory = System.getProperty("store").equals("memory");
    KeyValueBytesStoreSupplier supplier = memory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name);
    return Stores.keyValueStoreBuilder(supplier, Serdes.ByteArray(), Serdes.ByteArray());
  }

  public static void main(String[] args) {
    Serde<byte[]> bytes = Serdes.ByteArray();
    Topology topology = new Topology();
    topology
        .addSource(AutoOffsetReset.earliest(), "touchpoints", new EventTime(), bytes.deserializer(), bytes.deserializer(), System.getProperty("input"))
        .addProcessor("job", Job::new, "touchpoints")
        .addStateStore(store("personas"), "job")
        .addStateStore(store("counts").withCachingEnabled(), "job") // few cells, changed often
        .addSink("actions", System.getProperty("actions"), bytes.serializer(), bytes.serializer(), "job")
        .addSink("aggregates", System.getProperty("aggregates"), bytes.serializer(), bytes.serializer(), "job");
    Properties settings = new Properties();
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("streams.")) {
        settings.put(name.substring("streams.".length()), System.getProperty(name));
      }
    }
    KafkaStreams streams = new KafkaStreams(topology, settings);
    streams.setUncaughtExceptionHandler(
        e -> {
          e.printStackTrace();
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
    streams.start();
  }
}
