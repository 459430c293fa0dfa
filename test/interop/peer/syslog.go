package main

import (
	"time"

	"code.cloudfoundry.org/go-loggregator/v10/rfc5424"
)

// syslogMessage is an rfc5424.Message in the form of a line.
type syslogMessage struct {
	Priority int `json:"priority"`
	// UNIX time. A string, because it may exceed the precision of a double.
	Seconds        int64        `json:"seconds,string"`
	Nanoseconds    int          `json:"nanoseconds"`
	OffsetMinutes  int          `json:"offsetMinutes"`
	UseUTC         bool         `json:"useUtc"`
	Hostname       string       `json:"hostname"`
	AppName        string       `json:"appName"`
	ProcessID      string       `json:"processId"`
	MessageID      string       `json:"messageId"`
	StructuredData []syslogData `json:"structuredData"`
	Message        []byte       `json:"message"`
}

type syslogData struct {
	ID         string      `json:"id"`
	Parameters [][2]string `json:"parameters"`
}

func (m *syslogMessage) message() rfc5424.Message {
	zone := time.FixedZone("", m.OffsetMinutes*60)
	message := rfc5424.Message{
		Priority:  rfc5424.Priority(m.Priority),
		Timestamp: time.Unix(m.Seconds, int64(m.Nanoseconds)).In(zone),
		UseUTC:    m.UseUTC,
		Hostname:  m.Hostname,
		AppName:   m.AppName,
		ProcessID: m.ProcessID,
		MessageID: m.MessageID,
		Message:   m.Message,
	}
	for _, element := range m.StructuredData {
		data := rfc5424.StructuredData{ID: element.ID}
		for _, parameter := range element.Parameters {
			data.Parameters = append(data.Parameters, rfc5424.SDParam{Name: parameter[0], Value: parameter[1]})
		}
		message.StructuredData = append(message.StructuredData, data)
	}
	return message
}

func fromMessage(message rfc5424.Message) *syslogMessage {
	_, offset := message.Timestamp.Zone()
	m := &syslogMessage{
		Priority:       int(message.Priority),
		Seconds:        message.Timestamp.Unix(),
		Nanoseconds:    message.Timestamp.Nanosecond(),
		OffsetMinutes:  offset / 60,
		UseUTC:         message.UseUTC,
		Hostname:       message.Hostname,
		AppName:        message.AppName,
		ProcessID:      message.ProcessID,
		MessageID:      message.MessageID,
		StructuredData: []syslogData{},
		Message:        append([]byte{}, message.Message...),
	}
	for _, data := range message.StructuredData {
		parameters := [][2]string{}
		for _, parameter := range data.Parameters {
			parameters = append(parameters, [2]string{parameter.Name, parameter.Value})
		}
		m.StructuredData = append(m.StructuredData, syslogData{data.ID, parameters})
	}
	return m
}
