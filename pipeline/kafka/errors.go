package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/attune-health/attune/pipeline"
)

// Code is an error code of the Kafka protocol.
type Code int16

// Codes that decide what happens next. The full list is Kafka's.
const (
	codeOffsetOutOfRange        Code = 1
	codeCorruptRecord           Code = 2
	codeUnknownTopic            Code = 3
	codeLeaderNotAvailable      Code = 5
	codeNotLeader               Code = 6
	codeRequestTimedOut         Code = 7
	codeBrokerNotAvailable      Code = 8
	codeReplicaNotAvailable     Code = 9
	codeRecordTooLarge          Code = 10
	codeNetwork                 Code = 13
	codeCoordinatorLoading      Code = 14
	codeCoordinatorNotAvailable Code = 15
	codeNotCoordinator          Code = 16
	codeBatchTooLarge           Code = 18
	codeNotEnoughReplicas       Code = 19
	codeNotEnoughReplicasAfter  Code = 20
	codeIllegalGeneration       Code = 22
	codeUnknownMember           Code = 25
	codeRebalanceInProgress     Code = 27
	codeTopicDenied             Code = 29
	codeGroupDenied             Code = 30
	codeClusterDenied           Code = 31
	codeInvalidTimestamp        Code = 32
	codeUnsupportedVersion      Code = 35
	codeTopicExists             Code = 36
	codeNotController           Code = 41
	codeOutOfOrderSequence      Code = 45
	codeDuplicateSequence       Code = 46
	codeInvalidProducerEpoch    Code = 47
	codeInvalidTxnState         Code = 48
	codeInvalidProducerMapping  Code = 49
	codeConcurrentTransactions  Code = 51
	codeTransactionalIDDenied   Code = 53
	codeStorage                 Code = 56
	codeSASLFailed              Code = 58
	codeUnknownProducer         Code = 59
	codeGroupIDNotFound         Code = 69
	codeFencedLeaderEpoch       Code = 74
	codeUnknownLeaderEpoch      Code = 75
	codeOffsetNotAvailable      Code = 78
	codeFencedInstance          Code = 82
	codeUnstableOffsets         Code = 88
	codeThrottled               Code = 89
	codeProducerFenced          Code = 90
	codeUnknownTopicID          Code = 100
	codeTransactionAbortable    Code = 120
)

// Error names the code as Kafka does, with its number.
func (c Code) Error() string {
	title := kafkago.Error(c).Title()
	if title == "" {
		title = "Broker Error"
	}
	return fmt.Sprintf("%s (%d)", title, int16(c))
}

// codeErr turns a response's code into an error, nil for none.
func codeErr(c int16) error {
	if c == 0 {
		return nil
	}
	return Code(c)
}

// fenced says whether the code means that a partition or a producer belongs to another process now.
func (c Code) fenced() bool {
	switch c {
	case codeIllegalGeneration, codeUnknownMember, codeRebalanceInProgress, codeFencedInstance,
		codeInvalidProducerEpoch, codeInvalidTxnState, codeInvalidProducerMapping, codeProducerFenced:
		return true
	}
	return false
}

// fencedReason tells a producer whose id another process has taken from a member that its group has
// given up.
func (c Code) fencedReason() string {
	switch c {
	case codeInvalidProducerEpoch, codeInvalidTxnState, codeInvalidProducerMapping, codeProducerFenced:
		return pipeline.ReasonProducerFenced
	}
	return pipeline.ReasonGenerationFenced
}

// passes says whether the condition ends by itself: something is being created, elected, loaded or
// finished.
func (c Code) passes() bool {
	switch c {
	case codeUnknownTopic, codeLeaderNotAvailable, codeNotLeader, codeRequestTimedOut, codeBrokerNotAvailable,
		codeReplicaNotAvailable, codeNetwork, codeCoordinatorLoading, codeCoordinatorNotAvailable, codeNotCoordinator,
		codeNotEnoughReplicas, codeNotEnoughReplicasAfter, codeNotController, codeConcurrentTransactions, codeStorage,
		codeFencedLeaderEpoch, codeUnknownLeaderEpoch, codeOffsetNotAvailable, codeUnstableOffsets, codeThrottled, codeUnknownTopicID:
		return true
	}
	return false
}

// retryable says whether the same request may succeed a moment later. An error that is neither a
// code nor found by us comes from the network.
func retryable(err error) bool {
	var c Code
	var unknown *UnknownTopicError
	switch {
	case errors.As(err, &c):
		return c.passes()
	case pipeline.KindOf(err) != 0, errors.Is(err, errShort), errors.Is(err, context.Canceled), errors.Is(err, errClosed), errors.As(err, &unknown):
		return false
	}
	return true
}

// wrap names the step that met err and gives it the kind that its code stands for.
func wrap(step string, err error) error {
	if err == nil {
		return nil
	}
	var c Code
	isCode := errors.As(err, &c)
	err = fmt.Errorf("%s: %w", step, err)
	switch {
	case pipeline.KindOf(err) != 0:
		return err
	case isCode && c.fenced():
		return pipeline.Fenced(c.fencedReason(), err)
	case isCode && c.denied():
		return pipeline.Transient("denied", err) // an ACL can be given back while we ask again
	case isCode && c == codeInvalidTimestamp:
		return pipeline.Transient("record-time", err) // the topic can be altered while we ask again
	case isCode && (c == codeRecordTooLarge || c == codeBatchTooLarge):
		return pipeline.Refused("record-too-large", err) // of a commit: Append has let it pass
	case isCode && (c == codeOutOfOrderSequence || c == codeUnknownProducer || c == codeTransactionAbortable):
		return pipeline.Transient("producer-state", err) // Init puts it right
	case errors.Is(err, context.Canceled):
		return err
	case retryable(err):
		return pipeline.Transient("broker-unavailable", err)
	}
	return err
}

// errClosed is the error of calls on something that is closed.
var errClosed = errors.New("closed")

// OutOfRangeError says that the position to read from does not exist in the partition: retention
// has deleted it, or the partition has been recreated.
type OutOfRangeError struct {
	pipeline.TopicPartition
	// Where we wanted to read.
	Offset int64
	// First offset there is, -1 where the broker does not say.
	LogStart int64
}

// Error says what was lost, and how to go on without it.
func (e *OutOfRangeError) Error() string {
	const reset = "stop all processes of the group, then kafka-consumer-groups --group GROUP --topic %s:%d --reset-offsets --to-offset %d --execute"
	const remedy = "to go on without them, set on_data_loss to resume (section run or sink of the configuration), or " + reset
	switch {
	case e.LogStart < 0:
		return fmt.Sprintf("%s/%d: offset %d is not in the log: retention has deleted records that were never read, or the topic was created anew", e.Topic, e.Partition, e.Offset)
	case e.Offset < e.LogStart:
		return fmt.Sprintf("%s/%d: offsets %d to %d, %d records at most, are lost: retention has deleted them before they were read; "+remedy,
			e.Topic, e.Partition, e.Offset, e.LogStart-1, e.LogStart-e.Offset, e.Topic, e.Partition, e.LogStart)
	}
	return fmt.Sprintf("%s/%d: offset %d is beyond the end of the log, which starts at %d: the topic was created anew, or has lost records; to go on, "+reset,
		e.Topic, e.Partition, e.Offset, e.LogStart, e.Topic, e.Partition, e.LogStart)
}

// TimestampError says that a topic does not take our records because of their times, which are those of the moment at
// which they were made.
type TimestampError struct {
	// Topic is named as the cluster has it.
	Topic     string
	Partition int32
	// First and Last are the times of the batch, Sent is when it was sent, all by our clock.
	First, Last, Sent time.Time
}

// Error says which settings refuse them, and how that is altered.
func (e *TimestampError) Error() string {
	return fmt.Sprintf("%s/%d takes no records whose times are from %s to %s, sent at %s by our clock: message.timestamp.before.max.ms or message.timestamp.after.max.ms of the topic "+
		"(log.message.timestamp.before.max.ms or log.message.timestamp.after.max.ms of its broker) is less than a commit takes, or than the clocks of the broker and of attune are apart: "+
		"set LogAppendTime, which does without (kafka-configs --alter --entity-type topics --entity-name %s --add-config message.timestamp.type=LogAppendTime), or raise it and keep the time by NTP, and attune goes on by itself (%v)",
		e.Topic, e.Partition, e.First.UTC().Format(timeOfRecord), e.Last.UTC().Format(timeOfRecord), e.Sent.UTC().Format(timeOfRecord), e.Topic, codeInvalidTimestamp)
}

const timeOfRecord = "2006-01-02T15:04:05.000Z"

// Unwrap returns the broker's code.
func (e *TimestampError) Unwrap() error { return codeInvalidTimestamp }

// UnknownTopicError says that a topic or partition does not exist.
type UnknownTopicError struct {
	Topic string
	// -1: the topic itself.
	Partition int32
}

// Error implements error.
func (e *UnknownTopicError) Error() string {
	if e.Partition < 0 {
		return fmt.Sprintf("topic %s does not exist: create it first (attune topics create)", e.Topic)
	}
	return fmt.Sprintf("topic %s has no partition %d", e.Topic, e.Partition)
}

// fromTransport turns kafka-go's own error codes into ours.
func fromTransport(err error) error {
	var k kafkago.Error
	if errors.As(err, &k) {
		return Code(k)
	}
	return err
}
