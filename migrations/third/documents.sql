-- Documents that clients name instead of sending.

CREATE TABLE persisted_documents (
    tenant_id bigint NOT NULL,
    id varchar(200) NOT NULL,
    trusted boolean NOT NULL,
    name varchar(200) NOT NULL,
    text text NOT NULL,
    n_bytes integer NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT pk_persisted_documents PRIMARY KEY (tenant_id, id),
    CONSTRAINT ck_persisted_documents_id_not_empty CHECK (id <> ''),
    CONSTRAINT ck_persisted_documents_id_is_hash
        CHECK (trusted OR id = encode(sha256(convert_to(text, 'UTF8')), 'hex')),
    CONSTRAINT fk_persisted_documents_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
);

CREATE INDEX ix_persisted_documents_used
    ON persisted_documents (tenant_id, trusted, last_used_at, n_bytes);
