CREATE TABLE IF NOT EXISTS policies (
  policy_id   text PRIMARY KEY,
  customer_id text NOT NULL,
  product     text NOT NULL,
  premium     numeric(11, 2) NOT NULL CHECK (premium > 0),
  currency    text NOT NULL
);

CREATE INDEX ASYNC IF NOT EXISTS policies_by_customer ON policies (customer_id);
