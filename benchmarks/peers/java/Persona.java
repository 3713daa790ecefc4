import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** What is known of a patient, as the bytes that a store holds, updated in place; both engines use it. */
final class Persona {
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle DOUBLE = MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.BIG_ENDIAN);

  // By channel: counts at 0, activity at 32, the event time that it has decayed to at 64.
  private static final int ACTIVITY = 32, ACTIVE_AT = 64, NEWEST = 96, SCREENS = 104, REASONS = 120, CURSOR = 128, SIZE = 136;
  private static final double DECAY = Math.log(2) / 3_600_000;
  private static final long TEN_MINUTES = 600_000, NEVER = Long.MIN_VALUE / 2;
  private static final int CALL = 2;

  private Persona() {}

  static long number(byte[] b, int at) {
    return (long) LONG.get(b, at);
  }

  static void put(byte[] b, int at, long v) {
    LONG.set(b, at, v);
  }

  static long eventTime(byte[] touchpoint) {
    return number(touchpoint, 0);
  }

  static byte[] fresh() {
    byte[] p = new byte[SIZE];
    put(p, SCREENS, NEVER);
    put(p, SCREENS + 8, NEVER);
    return p;
  }

  /** Takes one touchpoint; true where it asks for an action. */
  static boolean update(byte[] p, byte[] touchpoint) {
    long at = eventTime(touchpoint);
    int channel = touchpoint[8] & 3;
    active(p, channel, at);
    put(p, NEWEST, Math.max(number(p, NEWEST), at));
    int cursor = p[CURSOR];
    p[REASONS + cursor] = touchpoint[9];
    p[CURSOR] = (byte) ((cursor + 1) & 7);
    long first = number(p, SCREENS), second = number(p, SCREENS + 8);
    if (channel < CALL) {
      if (at >= first) {
        put(p, SCREENS, at);
        put(p, SCREENS + 8, first);
      } else if (at > second) {
        put(p, SCREENS + 8, at);
      }
      return false;
    }
    return channel == CALL && first >= at - TEN_MINUTES && second >= at - TEN_MINUTES;
  }

  private static void active(byte[] p, int channel, long at) {
    int offset = 8 * channel;
    long count = number(p, offset), since = at - number(p, ACTIVE_AT + offset);
    double activity = (double) DOUBLE.get(p, ACTIVITY + offset);
    if (count == 0) {
      activity = 1;
    } else if (since >= 0) {
      activity = activity * Math.exp(-DECAY * since) + 1;
    } else {
      activity += Math.exp(DECAY * since);
    }
    if (count == 0 || since >= 0) {
      put(p, ACTIVE_AT + offset, at);
    }
    DOUBLE.set(p, ACTIVITY + offset, activity);
    put(p, offset, count + 1);
  }

  /** 100 bytes: send time, event time, session, counts, activity, reasons, zero. */
  static byte[] action(byte[] p, byte[] touchpoint) {
    byte[] a = new byte[100];
    System.arraycopy(touchpoint, 18, a, 0, 8);
    System.arraycopy(touchpoint, 0, a, 8, 8);
    System.arraycopy(touchpoint, 10, a, 16, 8);
    System.arraycopy(p, 0, a, 24, 64);
    System.arraycopy(p, REASONS, a, 88, 8);
    return a;
  }
}
