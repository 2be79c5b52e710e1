-- Events that are committed and perhaps not published; the row is the mark.
CREATE TABLE IF NOT EXISTS outbox (
  event_id  uuid PRIMARY KEY,
  event     text NOT NULL,
  marked_at timestamptz NOT NULL
);

CREATE INDEX ASYNC IF NOT EXISTS outbox_by_mark ON outbox (marked_at);
