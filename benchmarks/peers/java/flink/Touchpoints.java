import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The touchpoint job on Flink, with the DataStream API, in one process. Settings are system properties: flink.* are the engine's. */
public class Touchpoints {
  static final TypeInformation<byte[]> BYTES = PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;
  static final TypeInformation<Tuple3<Long, Integer, byte[]>> TOUCHPOINT = Types.TUPLE(Types.LONG, Types.INT, BYTES); // patient, partition, value
  static final TypeInformation<Tuple2<byte[], byte[]>> OUTPUT = Types.TUPLE(BYTES, BYTES);
  static final int REASONS = 13, CELLS = 4 * REASONS;

  static class Reader implements KafkaRecordDeserializationSchema<Tuple3<Long, Integer, byte[]>> {
    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Tuple3<Long, Integer, byte[]>> out) {
      out.collect(Tuple3.of(Persona.number(record.key(), 0), record.partition(), record.value()));
    }

    @Override
    public TypeInformation<Tuple3<Long, Integer, byte[]>> getProducedType() {
      return TOUCHPOINT;
    }
  }

  static class Patient extends KeyedProcessFunction<Long, Tuple3<Long, Integer, byte[]>, Tuple2<byte[], byte[]>> {
    private transient ValueState<byte[]> state;

    @Override
    public void open(OpenContext context) {
      state = getRuntimeContext().getState(new ValueStateDescriptor<>("persona", BYTES));
    }

    @Override
    public void processElement(Tuple3<Long, Integer, byte[]> touchpoint, Context context, Collector<Tuple2<byte[], byte[]>> out) throws Exception {
      byte[] persona = state.value(); // a copy of our own while a snapshot is taken
      if (persona == null) {
        persona = Persona.fresh();
      }
      if (Persona.update(persona, touchpoint.f2)) {
        byte[] key = new byte[8];
        Persona.put(key, 0, touchpoint.f0);
        out.collect(Tuple2.of(key, Persona.action(persona, touchpoint.f2)));
      }
      state.update(persona);
    }
  }

  static class Count implements AggregateFunction<Integer, Long, Long> {
    @Override
    public Long createAccumulator() {
      return 0L;
    }

    @Override
    public Long add(Integer cell, Long n) {
      return n + 1;
    }

    @Override
    public Long getResult(Long n) {
      return n;
    }

    @Override
    public Long merge(Long a, Long b) {
      return a + b;
    }
  }

  static class Emit extends ProcessWindowFunction<Long, Tuple2<byte[], byte[]>, Integer, TimeWindow> {
    @Override
    public void process(Integer cell, Context context, Iterable<Long> counts, Collector<Tuple2<byte[], byte[]>> out) {
      byte channel = (byte) (cell % CELLS / REASONS), reason = (byte) (cell % REASONS);
      byte[] key = ByteBuffer.allocate(10).putLong(context.window().getStart()).put(channel).put(reason).array();
      out.collect(Tuple2.of(key, ByteBuffer.allocate(22).putLong(counts.iterator().next()).putInt(cell / CELLS).put(key).array()));
    }
  }

  static class Writer implements KafkaRecordSerializationSchema<Tuple2<byte[], byte[]>> {
    private final String topic;

    Writer(String topic) {
      this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(Tuple2<byte[], byte[]> record, KafkaSinkContext context, Long timestamp) {
      return new ProducerRecord<>(topic, record.f0, record.f1);
    }
  }

  private static KafkaSink<Tuple2<byte[], byte[]>> sink(String topic) {
    return KafkaSink.<Tuple2<byte[], byte[]>>builder()
        .setBootstrapServers(System.getProperty("brokers"))
        .setRecordSerializer(new Writer(topic))
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(topic)
        .setProperty("transaction.timeout.ms", "60000")
        .build();
  }

  public static void main(String[] args) throws Exception {
    Configuration settings = new Configuration();
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("flink.")) {
        settings.setString(name.substring("flink.".length()), System.getProperty(name));
      }
    }
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(Integer.getInteger("parallelism"), settings);
    env.getConfig().enableObjectReuse();
    KafkaSource<Tuple3<Long, Integer, byte[]>> source =
        KafkaSource.<Tuple3<Long, Integer, byte[]>>builder()
            .setBootstrapServers(System.getProperty("brokers"))
            .setTopics(System.getProperty("input"))
            .setGroupId(System.getProperty("group"))
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setDeserializer(new Reader())
            .build();
    // The bound is the grace: windows are written once, final.
    WatermarkStrategy<Tuple3<Long, Integer, byte[]>> time =
        WatermarkStrategy.<Tuple3<Long, Integer, byte[]>>forBoundedOutOfOrderness(Duration.ofSeconds(10))
            .withTimestampAssigner((touchpoint, at) -> Persona.eventTime(touchpoint.f2));
    DataStream<Tuple3<Long, Integer, byte[]>> touchpoints = env.fromSource(source, time, "touchpoints");
    touchpoints.keyBy(t -> t.f0, Types.LONG).process(new Patient(), OUTPUT).sinkTo(sink(System.getProperty("actions")));
    touchpoints
        .map(t -> t.f1 * CELLS + t.f2[8] * REASONS + t.f2[9], Types.INT)
        .keyBy(cell -> cell, Types.INT)
        .window(TumblingEventTimeWindows.of(Duration.ofMinutes(1)))
        .aggregate(new Count(), new Emit(), Types.LONG, Types.LONG, OUTPUT)
        .sinkTo(sink(System.getProperty("aggregates")));
    env.execute("touchpoints");
  }
}
