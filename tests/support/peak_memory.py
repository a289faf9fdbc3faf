"""The peak memory of a command, as the system counts it."""

PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "pipeline", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
