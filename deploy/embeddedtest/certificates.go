package embeddedtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// WriteCertificates makes in dir an authority, a certificate for 127.0.0.1 and localhost, and one for a client:
// ca.pem, and broker.pem and client.pem with key and certificate, all valid for a day. Existing ones stay.
func WriteCertificates(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "client.pem")); err == nil {
		return nil
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caKey, caDER, err := sign(authority, authority, nil)
	if err != nil {
		return fmt.Errorf("make certificate authority: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), pemBlock("CERTIFICATE", caDER), 0o600); err != nil {
		return err
	}
	for number, name := range []string{"broker", "client"} {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(int64(number) + 2), Subject: pkix.Name{CommonName: name},
			DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
		key, der, err := sign(leaf, authority, caKey)
		if err != nil {
			return fmt.Errorf("make certificate of %s: %w", name, err)
		}
		keyDER, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		text := append(pemBlock("PRIVATE KEY", keyDER), pemBlock("CERTIFICATE", der)...)
		if err := os.WriteFile(filepath.Join(dir, name+".pem"), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// sign makes a key and a certificate that is valid for a day; without a signer it signs itself.
func sign(cert, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if signer == nil {
		signer = key
	}
	cert.NotBefore, cert.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, &key.PublicKey, signer)
	return key, der, err
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
