import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * Takes for a token what Amazon MSK takes: the presigned URL of kafka-cluster:Connect in its region, until it expires.
 * It knows no secret key, and takes any signature. Sessions live for the milliseconds of the option session.
 */
public class IAMValidator implements AuthenticateCallbackHandler {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");
    private String region;
    private long session;

    @Override
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
        region = (String) entries.get(0).getOptions().get("region");
        session = Long.parseLong((String) entries.get(0).getOptions().get("session"));
    }

    @Override
    public void close() {}

    @Override
    public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof OAuthBearerValidatorCallback) {
                OAuthBearerValidatorCallback validation = (OAuthBearerValidatorCallback) callback;
                try {
                    validation.token(check(validation.tokenValue()));
                } catch (RuntimeException e) {
                    validation.error("invalid_token", null, null);
                    System.err.println("IAMValidator refuses a token: " + e);
                }
            } else if (callback instanceof OAuthBearerExtensionsValidatorCallback) {
                OAuthBearerExtensionsValidatorCallback extensions = (OAuthBearerExtensionsValidatorCallback) callback;
                extensions.inputExtensions().map().keySet().forEach(extensions::valid);
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    private OAuthBearerToken check(String token) {
        URI url = URI.create(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
        Map<String, String> query = new HashMap<>();
        for (String pair : url.getRawQuery().split("&")) {
            String[] parts = pair.split("=", 2);
            query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        want("scheme", url.getScheme(), "https");
        want("host", url.getHost(), "kafka." + region + ".amazonaws.com");
        want("action", query.get("Action"), "kafka-cluster:Connect");
        want("algorithm", query.get("X-Amz-Algorithm"), "AWS4-HMAC-SHA256");
        String[] credential = query.get("X-Amz-Credential").split("/", 2);
        String date = query.get("X-Amz-Date");
        want("scope", credential[1], date.substring(0, 8) + "/" + region + "/kafka-cluster/aws4_request");
        want("length of signature", String.valueOf(query.get("X-Amz-Signature").length()), "64");
        long start = LocalDateTime.parse(date, DATE).toInstant(ZoneOffset.UTC).toEpochMilli();
        long expiry = start + 1000 * Long.parseLong(query.get("X-Amz-Expires"));
        long now = System.currentTimeMillis();
        if (expiry < now) {
            throw new IllegalArgumentException("expired");
        }
        return new OAuthBearerToken() {
            @Override public String value() { return token; }
            @Override public Set<String> scope() { return Set.of(); }
            @Override public long lifetimeMs() { return Math.min(expiry, now + session); }
            @Override public String principalName() { return credential[0]; }
            @Override public Long startTimeMs() { return start; }
        };
    }

    private static void want(String what, String got, String wanted) {
        if (!wanted.equals(got)) {
            throw new IllegalArgumentException(what + " is " + got + ", want " + wanted);
        }
    }
}
