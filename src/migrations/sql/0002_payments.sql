-- The ledger: one payment for each policy and period, as it was when it was paid.
CREATE TABLE IF NOT EXISTS payments (
  request_id  uuid PRIMARY KEY,
  policy_id   text NOT NULL,
  customer_id text NOT NULL,
  product     text NOT NULL,
  period      text NOT NULL,
  amount      numeric(11, 2) NOT NULL CHECK (amount > 0),
  currency    text NOT NULL,
  paid_at     timestamptz NOT NULL,
  UNIQUE (policy_id, period)
);

CREATE INDEX ASYNC IF NOT EXISTS payments_by_customer ON payments (customer_id, paid_at);
