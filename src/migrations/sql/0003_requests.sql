CREATE TABLE IF NOT EXISTS requests (
  request_id  uuid PRIMARY KEY,
  subject     text NOT NULL,
  fingerprint text NOT NULL,
  accepted_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS steps (
  request_id uuid NOT NULL,
  service    text NOT NULL,
  position   int NOT NULL,
  status     text NOT NULL,
  changed_at timestamptz NOT NULL,
  detail     text,
  PRIMARY KEY (request_id, service)
);

-- The sweep asks for open steps, of which there are few at any time.
CREATE INDEX ASYNC IF NOT EXISTS steps_by_status ON steps (status, request_id);
