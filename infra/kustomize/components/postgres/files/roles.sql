-- Idempotent. mlflow owns its two databases and nothing else; backup reads everything and writes nothing.
\getenv mlflow_password MLFLOW_PASSWORD
\getenv backup_password BACKUP_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['mlflow', 'backup']) AS name
  WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
SELECT format('ALTER ROLE mlflow PASSWORD %L', :'mlflow_password') \gexec
SELECT format('ALTER ROLE backup PASSWORD %L', :'backup_password') \gexec
GRANT pg_read_all_data TO backup;
SELECT format('CREATE DATABASE %I OWNER mlflow', name)
  FROM unnest(ARRAY['mlflow', 'mlflow_auth']) AS name
  WHERE name NOT IN (SELECT datname FROM pg_database) \gexec
REVOKE CONNECT ON DATABASE mlflow, mlflow_auth, postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE mlflow, mlflow_auth TO backup;
